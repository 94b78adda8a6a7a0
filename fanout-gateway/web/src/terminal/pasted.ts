/**
 * Pasted text as a terminal may have it: each control character that is neither a tab nor a line end becomes its visible picture. So text
 * from anywhere can neither end the bracketed paste that it stands in nor send a key or a command of its own to the program.
 */
export function cleanPaste(text: string): string {
  return text.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g, pictureOf);
}

/** How many lines the text has that a program which does not tell a paste from keys would take one by one. */
export function linesOf(text: string): number {
  return text.split(/\r\n|\r|\n/).length;
}

function pictureOf(control: string): string {
  const code = control.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? '\u2421' : '\ufffd';
}
