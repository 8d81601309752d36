import type { Command } from 'commander';
import { listAllTasks, standingText, type TaskView } from '../task-service/index.ts';
import { bytesText } from '../text/index.ts';
import { withContext } from './context.ts';
import { type ListingOptions, outputOption, printListing } from './output.ts';
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

/** Adds the command `tasks`. */
export function addTasksCommand(program: Command): void {
  program
    .command('tasks')
    .option('--limit <n>', `list at most this many (1 to ${MAX_LIMIT})`, wholeNumber(1, MAX_LIMIT), MAX_LIMIT)
    .addOption(outputOption())
    .summary('list the import and export tasks of file shares')
    .description('Lists the tasks of all tenants, and why those that run stand still.')
    .action(async (_options, command: Command) => {
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
}
