import cliTruncate from 'cli-truncate';
import stringWidth from 'string-width';
import { RateWindow } from '../copy-job/index.ts';
import { bytesText, clockText, harmless, rateText } from '../text/index.ts';

/** The progress of a copy, in bytes. */
export interface Progress {
  readonly bytes: number;
  /** The total number of bytes; `null` if it is not known. */
  readonly size: number | null;
  /** The present state, in a word or two. */
  readonly state: string;
}

/** The largest and the smallest width of the bar itself, without the text beside it; columns. */
const MAX_BAR = 30;
const MIN_BAR = 5;
const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';
const CLEAR_BELOW = '\x1b[J';

/** A progress bar on a terminal. It fits into one line of any width. */
export interface ProgressBar {
  show(progress: Progress): void;
  /** Leaves the bar on the screen, and shows the cursor again. */
  stop(): void;
}

/** Returns a progress bar, which hides the cursor until it is stopped. */
export function progressBar(terminal: NodeJS.WriteStream): ProgressBar {
  const rate = new RateWindow();
  let latest: Progress | undefined;
  let drawn = 0;
  const draw = () => {
    if (latest === undefined) return;
    const { columns = 80 } = terminal;
    // If the terminal has become narrower, the old line now takes several rows.
    const extraRows = Math.max(0, Math.ceil(drawn / columns) - 1);
    const toLineStart = extraRows > 0 ? `\x1b[${extraRows}A\r` : '\r';
    const line = barLine(latest, rate.current, columns - 1);
    drawn = stringWidth(line);
    terminal.write(`${toLineStart}${CLEAR_BELOW}${line}`);
  };
  const giveCursorBack = () => terminal.write(SHOW_CURSOR);
  terminal.write(HIDE_CURSOR);
  terminal.on('resize', draw);
  process.once('exit', giveCursorBack);
  return {
    show(progress) {
      latest = progress;
      rate.add(progress.bytes, Date.now());
      draw();
    },
    stop() {
      terminal.off('resize', draw);
      process.off('exit', giveCursorBack);
      if (drawn > 0) terminal.write('\n');
      giveCursorBack();
    },
  };
}

/**
 * Returns a bar of at most `width` columns: `███░░░ 48% 3.8 GiB / 8.0 GiB 764.7 MiB/s ETA 0:06 state`. If
 * there is less room, first the bar gets shorter, and then values are left out. The narrowest terminals get
 * only the percentage and the state, cut off at the end.
 */
function barLine({ bytes, size, state }: Progress, rate: number, width: number): string {
  const whole = size ?? 0;
  const share = whole > 0 ? Math.min(1, bytes / whole) : 0;
  const percent = `${Math.floor(share * 100)}%`;
  const copied = size === null ? bytesText(bytes) : `${bytesText(bytes)} / ${bytesText(whole)}`;
  const eta = size === null ? '' : `ETA ${etaText(whole - bytes, rate)}`;
  const shown = harmless(state);
  const choices = [
    [percent, copied, rateText(rate), eta, shown],
    [percent, rateText(rate), eta, shown],
    [percent, eta, shown],
    [percent, shown],
  ].map((facts) => facts.filter((fact) => fact !== '').join('  '));
  const text = choices.find((choice) => stringWidth(choice) + 1 + MIN_BAR <= width);
  if (text === undefined) return cliTruncate(choices.at(-1) ?? '', width);
  const cells = Math.min(MAX_BAR, width - 1 - stringWidth(text));
  const full = Math.floor(share * cells);
  return `${'█'.repeat(full)}${'░'.repeat(cells - full)} ${text}`;
}

function etaText(missing: number, rate: number): string {
  if (missing <= 0) return '0:00';
  return rate <= 0 ? '-:--' : clockText(missing / rate);
}
