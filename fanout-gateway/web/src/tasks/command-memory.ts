const KEY = 'muster-commands';
export const COMMANDS_MAX = 100;

/**
 * Commands that were run from this browser, for the arrow keys. A line that begins with a space is not kept, as in a
 * shell.
 */
export class CommandMemory {
  private commands: string[];

  constructor(private readonly storage: Pick<Storage, 'getItem' | 'setItem'> | null) {
    this.commands = load(storage);
  }

  add(command: string): void {
    if (command.startsWith(' ')) return;
    this.commands = [...this.commands.filter((c) => c !== command), command].slice(-COMMANDS_MAX);
    try {
      this.storage?.setItem(KEY, JSON.stringify(this.commands));
    } catch {
      // The storage is full or off: the commands are kept as long as the page.
    }
  }

  /** The command `steps` back; undefined past the oldest. */
  back(steps: number): string | undefined {
    return this.commands[this.commands.length - steps];
  }
}

function load(storage: Pick<Storage, 'getItem'> | null): string[] {
  try {
    const stored: unknown = JSON.parse(storage?.getItem(KEY) ?? '[]');
    return Array.isArray(stored) ? stored.filter((c): c is string => typeof c === 'string').slice(-COMMANDS_MAX) : [];
  } catch {
    return [];
  }
}
