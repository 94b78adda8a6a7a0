/**
 * Pasted text in a form that is safe for a terminal: each control character except tab and line end becomes its visible
 * picture. So pasted text can neither end the bracketed paste that contains it nor send a key or a command to the
 * program.
 */
export function cleanPaste(text: string): string {
  return text.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g, pictureOf);
}

/** The number of lines that a program takes one by one if it does not tell a paste from keys. */
export function linesOf(text: string): number {
  return text.split(/\r\n|\r|\n/).length;
}

function pictureOf(control: string): string {
  const code = control.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? '\u2421' : '\ufffd';
}
