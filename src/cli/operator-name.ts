/** Returns the name of the command's user, as records show it. */
export function operatorName(): string {
  return `operator ${process.env.USER ?? process.getuid?.() ?? ''}`.trim();
}
