/**
 * The sandbox's own certificate authority: made at start, kept in memory, signs what a client asks for by name (SNI).
 * Certificates carry key identifiers, as Python 3.13 and later insist on (VERIFY_X509_STRICT).
 */
import { webcrypto } from "node:crypto";
import { createSecureContext, type SecureContext } from "node:tls";
import * as x509 from "@peculiar/x509";

export type CertificateAuthority = {
  /** PEM, for NODE_EXTRA_CA_CERTS and REQUESTS_CA_BUNDLE. */
  pem: string;
  /** For any host under the parent of this one: `a.vault.azure.net` and `b.vault.azure.net` share a certificate. */
  contextFor(host: string): Promise<SecureContext>;
};

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const DAY_MS = 86_400_000;

/** By the machine's clock, not the virtual one: TLS libraries judge validity by it. A day back forgives clocks that differ. */
function validity(): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + 365 * DAY_MS) };
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
}

async function privatePem(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY");
}

function makeAuthority(keys: webcrypto.CryptoKeyPair, name: string): Promise<x509.X509Certificate> {
  return x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto).then((subjectKey) =>
    x509.X509CertificateGenerator.createSelfSigned({
      name,
      keys,
      signingAlgorithm: ALGORITHM,
      ...validity(),
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        subjectKey,
      ],
    }),
  );
}

export async function createAuthority(): Promise<CertificateAuthority> {
  const [rootKeys, leafKeys] = await Promise.all([generateKeys(), generateKeys()]);
  const root = await makeAuthority(rootKeys, "CN=Keymend sandbox CA");
  const leafKey = await privatePem(leafKeys.privateKey);
  const made = new Map<string, Promise<SecureContext>>();

  const make = async (parent: string): Promise<SecureContext> => {
    const leaf = await x509.X509CertificateGenerator.create({
      subject: `CN=${parent}`,
      issuer: root.subject,
      publicKey: leafKeys.publicKey,
      signingKey: rootKeys.privateKey,
      signingAlgorithm: ALGORITHM,
      ...validity(),
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension([parent, `*.${parent}`].map((value) => ({ type: "dns", value }))),
        await x509.SubjectKeyIdentifierExtension.create(leafKeys.publicKey, false, webcrypto),
        await x509.AuthorityKeyIdentifierExtension.create(rootKeys.publicKey, false, webcrypto),
      ],
    });
    return createSecureContext({ key: leafKey, cert: leaf.toString("pem") });
  };

  return {
    pem: `${root.toString("pem")}\n`,
    contextFor(host) {
      const parent = host.toLowerCase().split(".").slice(1).join(".");
      const known = made.get(parent) ?? make(parent);
      made.set(parent, known);
      return known;
    },
  };
}
