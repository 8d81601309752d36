/** Returns the name by which records show the user of the command. */
export function operatorName(): string {
  return `operator ${process.env.USER ?? process.getuid?.() ?? ''}`.trim();
}
