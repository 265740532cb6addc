import { expect } from 'chai';
import { EventEmitter } from 'node:events';
import { Socket } from 'node:net';
import { guardDoor } from '../../../src/tcp/door.js';

describe('the door of a server', () => {
  it('lets nobody hear of connections that it does not let in', () => {
    const server = new EventEmitter();
    const [good, bad] = [new Socket(), new Socket()];
    const heard: (readonly [string, Socket])[] = [];
    for (const name of ['first', 'second']) {
      server.on('connection', (socket: Socket) => heard.push([name, socket]));
    }
    guardDoor(server, (socket) => socket === good);
    server.emit('connection', bad);
    server.emit('connection', good);
    expect(heard).to.deep.equal([
      ['first', good],
      ['second', good],
    ]);
  });
});
