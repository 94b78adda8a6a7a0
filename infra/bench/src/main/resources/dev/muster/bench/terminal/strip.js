const { readFileSync } = require('node:fs');
const { createInterface } = require('node:readline');

// With an argument, the address of the strip-ansi module; without, what node has built in.
const [, module] = process.argv;
const load = module
  ? import(module).then((found) => found.default)
  : Promise.resolve(require('node:util').stripVTControlCharacters);

load.then((strip) => {
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
      kept += strip(data.toString('utf8', at, Math.min(at + size, data.length))).length;
    }
    const used = process.cpuUsage(start);
    console.log((used.user + used.system) * 1000);
  });
});
