/** Returns the name under which whoever runs the command is put on record. */
export function operatorName(): string {
  return `operator ${process.env.USER ?? process.getuid?.() ?? ''}`.trim();
}
