import type { constructStack } from '@smithy/core/client';
import type { Confirm } from '../port.ts';

type Stack<Input extends object, Output extends object> = ReturnType<typeof constructStack<Input, Output>>;

/**
 * Awaits `confirm` right before each try of a request. If `confirm` rejects, the try fails with its error. A
 * process that was frozen may come to the next try much later, so one answer is not enough for all tries.
 */
export function askFirst<Input extends object, Output extends object>(
  { middlewareStack }: { readonly middlewareStack: Stack<Input, Output> },
  confirm: Confirm | undefined,
): void {
  if (confirm === undefined) return;
  middlewareStack.add(
    (next) => async (args) => {
      await confirm();
      return next(args);
    },
    { step: 'deserialize', priority: 'high', name: 'askFirst' },
  );
}
