// Holds a lock in a process of its own, and prints each event: `hold-process.ts grpc|http ADDRESS REQUEST`.
import { HoldClient } from './hold-client.js';
import { grpcClient, httpClient, type Json } from './wire-client.js';

const [wire = '', address = '', request = ''] = process.argv.slice(2);
const client = wire === 'grpc' ? grpcClient(address) : httpClient(address);
const held = new HoldClient(client, JSON.parse(request) as Json, ({ kind }) => {
  console.log(kind);
});
await held.ended;
