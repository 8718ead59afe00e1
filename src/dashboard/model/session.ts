/** Who is looking, and with what. */
export type Session = {
  name: string;
  roles: string[];
  /** fresh: another one than before, which was refused. */
  token: (fresh: boolean) => Promise<string>;
  signOut: () => Promise<void>;
};
