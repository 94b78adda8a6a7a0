/** Whether the gateway that a join line names can be reached from another machine. */
export function elsewhere(command: string): boolean {
  return !/ --gateway (127(\.\d+){3}|localhost|\[::1\]):\d+/.test(command);
}
