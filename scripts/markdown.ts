/** What the generated pages share of Markdown. */

export const escaped = (text: string): string => text.replace(/[<>*_|`[\]]/g, String.raw`\$&`);

export const code = (text: string): string => `\`${text}\``;

const row = (...cells: string[]): string => `| ${cells.join(" | ")} |`;

export const table = (head: string[], rows: string[][]): string[] => [
  row(...head),
  row(...head.map(() => "---")),
  ...rows.map((cells) => row(...cells)),
];
