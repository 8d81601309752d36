import type { Command } from 'commander';
import { failureSummary } from '../object-task/index.ts';
import { listAllTasks, showAnyTask, standingText, type TaskView } from '../task-service/index.ts';
import { bytesText } from '../text/index.ts';
import { type GlobalOptions, withContext } from './context.ts';
import { type ListingOptions, outputOption, printListing } from './output.ts';
import { factsText, faultText, print } from './print.ts';
import { type Column, table } from './table.ts';
import { wholeNumber } from './whole-number.ts';

const MAX_LIMIT = 1000;

const COLUMNS: readonly Column<TaskView>[] = [
  { name: 'task', value: ({ task_id }) => task_id },
  { name: 'type', value: ({ type }) => type },
  { name: 'status', value: ({ status }) => status },
  { name: 'tenant', value: ({ tenant_id }) => tenant_id },
  { name: 'share', value: ({ share_id }) => share_id },
  { name: 'moved', value: ({ objects_moved }) => String(objects_moved), align: 'right' },
  { name: 'bytes', value: ({ bytes_moved }) => bytesText(bytes_moved), align: 'right' },
  { name: 'failed', value: ({ objects_failed }) => String(objects_failed), align: 'right' },
  {
    name: 'why',
    value: ({ fault, standing }) => fault?.message ?? (standing === null ? '-' : standingText(standing)),
  },
];

/** The number of failures that `tasks show` lists one by one. */
const MAX_LISTED_FAILURES = 10;

/** Adds the commands `tasks` and `tasks show`. */
export function addTasksCommand(program: Command): void {
  const tasks = program
    .command('tasks')
    .option('--limit <n>', `list at most this many (1 to ${MAX_LIMIT})`, wholeNumber(1, MAX_LIMIT), MAX_LIMIT)
    .addOption(outputOption())
    .summary('list the import and export tasks of file shares')
    .description('List the import and export tasks of all tenants, and tell why running ones stand still.')
    .action(async (_options, command: Command) => {
      assertNoArguments(command);
      const { limit, ...options } = command.optsWithGlobals<ListingOptions & { limit: number }>();
      await withContext(options, async ({ client }) => {
        const tasks = await listAllTasks(client, limit);
        printListing(options, {
          value: { tasks },
          names: tasks.map(({ task_id }) => task_id),
          table: () => (tasks.length === 0 ? 'no tasks' : table(tasks, COLUMNS, null)),
        });
      });
    });

  tasks
    .command('show')
    .argument('<task-id>', 'the id of a task, or of its workflow')
    .summary('show a task, and tell why it stands still')
    .action(async (taskId: string, _options, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>();
      await withContext(options, async ({ client }) => {
        const task = await showAnyTask(client, taskId);
        print(options.json, task, taskText(task));
      });
    });
  // This is set after `show` was added, because otherwise `show` would inherit it.
  tasks.allowExcessArguments();
}

/**
 * Refuses arguments of a command that has both an action and commands below it. Such an argument is probably
 * a misspelled command, but Commander would report too many arguments.
 */
function assertNoArguments(command: Command): void {
  if (command.args.length === 0) return;
  // This method suggests the right word. Commander has it, but its types do not.
  (command as Command & { unknownCommand(): never }).unknownCommand();
}

/** Returns a task as text for people: one fact a line, and then its failures. */
function taskText(task: TaskView): string {
  const { standing } = task;
  const facts = factsText([
    ['task', task.task_id],
    ['type', task.type],
    ['status', task.status],
    ['tenant', task.tenant_id],
    ['share', `${task.share_id}, target ${task.target}`],
    ['from', task.src_prefix || 'everything'],
    ['to', task.dest_prefix || 'the top'],
    ['moved', `${task.objects_moved} objects, ${bytesText(task.bytes_moved)}`],
    ['failed', task.objects_failed],
    ['incomplete', task.objects_incomplete || null],
    ['left out', task.folders_left_out > 0 ? `${task.folders_left_out} empty folders` : null],
    ['fault', faultText(task.fault)],
    ['last fault', faultText(standing?.fault ?? null)],
    ['next try', standing?.next_retry_at ?? null],
    ['waiting for', standing?.waiting_for ?? null],
    ['created', task.created_at],
    ['ended', task.ended_at],
  ]);
  return task.objects_failed === 0 ? facts : `${facts}\n${failureSummary(task, MAX_LISTED_FAILURES)}`;
}
