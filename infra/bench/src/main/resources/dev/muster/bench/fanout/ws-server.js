const { WebSocketServer } = require(process.argv[1] || 'ws');
const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false }, () =>
  console.log('port ' + server.address().port));
server.on('connection', (socket, request) => {
  socket.on('error', () => {});
  if (request.url === '/pub') {
    socket.on('message', (data) => {
      for (const each of server.clients) if (each !== socket && each.readyState === 1) each.send(data, { binary: false });
    });
  }
});
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
