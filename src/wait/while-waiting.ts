/** The time between two notes; milliseconds. */
const INTERVAL = 1000;

/** Waits for a promise. Meanwhile, calls `note` every second. */
export async function whileWaiting<T>(promise: Promise<T>, note: () => void): Promise<T> {
  const timer = setInterval(note, INTERVAL);
  try {
    return await promise;
  } finally {
    clearInterval(timer);
  }
}
