const { readFileSync } = require('node:fs');
const { createInterface } = require('node:readline');
const { stripVTControlCharacters } = require('node:util');

const files = new Map();
console.log('ready');
createInterface({ input: process.stdin }).on('line', (request) => {
  const space = request.indexOf(' ');
  const size = Number(request.slice(0, space));
  const name = request.slice(space + 1);
  if (!files.has(name)) files.set(name, readFileSync(name));
  const data = files.get(name);
  const start = process.cpuUsage();
  let kept = 0;
  for (let at = 0; at < data.length; at += size) {
    kept += stripVTControlCharacters(data.toString('utf8', at, Math.min(at + size, data.length))).length;
  }
  const used = process.cpuUsage(start);
  console.log((used.user + used.system) * 1000);
});
