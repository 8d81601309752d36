/** Values of `temporal.api.enums.v1.TaskQueueType`. */
export const TASK_QUEUE_TYPE = { workflow: 1, activity: 2 } as const;
