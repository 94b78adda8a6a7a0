/** A key whose plain string order is the natural order: case does not matter, and `web-2` comes before `web-10`. */
export function sortKey(name: string): string {
  return name.toLowerCase().replace(/\d+/g, (digits) => {
    const plain = digits.replace(/^0+(?=\d)/, '');
    return String.fromCharCode(0x30 + Math.min(plain.length, 200)) + plain;
  });
}
