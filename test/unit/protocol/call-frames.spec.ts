import { expect } from 'chai';
import fc from 'fast-check';
import {
  framedSize,
  metadataSize,
  readRequestFrame,
  writeRequestFrame,
} from '../../../src/protocol/call-frames/request-frame.js';
import {
  answerSize,
  readResponseFrame,
  writeResponseFrame,
} from '../../../src/protocol/call-frames/response-frame.js';
import { DESCRIPTORS } from '../../support/wire-servers.js';

const REQUEST = DESCRIPTORS.codec('sharedlock.v1.CallStreamRequest');
const RESPONSE = DESCRIPTORS.codec('sharedlock.v1.CallStreamResponse');

const number = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 2 ** 32 - 1 }));
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const token = fc.stringMatching(/^Bearer [\w.~+/-]{0,300}$/);
const call = fc.record({
  ...{ id: number, method: number, request: bytes },
  authorization: fc.option(fc.tuple(token), { nil: undefined }),
});
const answer = fc.record({ id: number, bytes });

describe('Frames of a stream of calls', () => {
  it('are read as protobuf reads what the library writes', () => {
    fc.assert(
      fc.property(fc.array(call), fc.array(number), (calls, cancelled) => {
        const frame = writeRequestFrame({ calls, cancelled });
        const read = REQUEST.deserialize(frame) as { calls: object[]; cancelled: number[] };
        expect(read.calls).to.deep.equal(
          calls.map(({ authorization, ...each }) => ({
            ...each,
            metadata: authorization === undefined ? {} : { authorization: authorization[0] },
          })),
        );
        const again = readRequestFrame(frame, 1000)?.calls ?? [];
        for (const [index, { authorization }] of calls.entries()) {
          expect(again[index]?.authorization).to.deep.equal(authorization);
          const [value] = authorization ?? [];
          const counted = value === undefined ? 0 : metadataSize(value);
          expect(again[index]?.metadataBytes).to.equal(counted);
        }
        expect(read.cancelled).to.deep.equal(cancelled);
        const size = calls.reduce((sum, each) => sum + framedSize(each), 0);
        expect(writeRequestFrame({ calls, cancelled: [] })).to.have.length(size);
      }),
    );
  });

  it('are read by the daemon as protobuf writes them', () => {
    const full = fc.record({
      ...{ id: number, method: number, request: bytes },
      timeoutMs: fc.option(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { nil: undefined }),
      metadata: fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true }),
    });
    fc.assert(
      fc.property(fc.array(full), fc.array(number), (calls, cancelled) => {
        const read = readRequestFrame(REQUEST.serialize({ calls, cancelled }), 1000);
        expect(read?.cancelled).to.deep.equal(cancelled);
        const plain = read?.calls.map(({ id, method, request, timeoutMs }) => {
          return { id, method, request: Buffer.from(request), timeoutMs };
        });
        expect(plain).to.deep.equal(
          calls.map(({ metadata: _, ...each }) => ({
            ...each,
            request: Buffer.from(each.request),
          })),
        );
        read?.calls.forEach(({ metadataBytes }, index) => {
          const entries = Object.entries(calls[index]?.metadata ?? {});
          const least = entries.reduce((sum, [key, value]) => sum + key.length + value.length, 0);
          expect(metadataBytes).to.be.at.least(least);
        });
      }),
    );
  });

  it('are read as protobuf reads what the daemon writes', () => {
    fc.assert(
      fc.property(fc.array(answer), fc.boolean(), (all, goAway) => {
        const answers = all.map((each) => ({ ...each, isError: false }));
        const frame = writeResponseFrame({ answers, goAway });
        const read = RESPONSE.deserialize(frame) as {
          answers: { id: number; response: Buffer }[];
          goAway: boolean;
        };
        expect(read.goAway).to.equal(goAway);
        expect(read.answers.map(({ id, response }) => ({ id, bytes: response }))).to.deep.equal(
          all,
        );
        const size = answers.reduce((sum, each) => sum + answerSize(each), goAway ? 2 : 0);
        expect(frame).to.have.length(size);
      }),
    );
  });

  it('are read by the library as protobuf writes them', () => {
    const error = { code: 5, message: 'none', details: [] };
    const frame = RESPONSE.serialize({
      welcome: { methods: ['a', 'b'], maxCalls: 7 },
      answers: [{ id: 1, response: Buffer.from('x') }, { id: 2, error }, { id: 3 }],
      goAway: true,
    });
    const { welcome = Buffer.alloc(0), answers, goAway } = readResponseFrame(frame);
    const read = DESCRIPTORS.codec('sharedlock.v1.Welcome').deserialize(welcome);
    expect(read).to.include({ maxCalls: 7 });
    expect(goAway).to.equal(true);
    expect(answers.map(({ id, isError }) => ({ id, isError }))).to.deep.equal([
      { id: 1, isError: false },
      { id: 2, isError: true },
      { id: 3, isError: false },
    ]);
    const status = DESCRIPTORS.codec('google.rpc.Status');
    expect(status.deserialize(answers[1]?.bytes ?? Buffer.alloc(0))).to.deep.include(error);
  });

  it('skip fields that are not known', () => {
    const unknown = Buffer.from([
      0x7a, 1, 65, 0x79, 1, 2, 3, 4, 5, 6, 7, 8, 0x7d, 1, 2, 3, 4, 0x78, 9,
    ]);
    expect(readRequestFrame(unknown, 10)).to.deep.equal({ calls: [], cancelled: [] });
    expect(readResponseFrame(unknown).answers).to.be.empty;
  });

  it('throw at bytes that are no frame, and never read beyond them', () => {
    const whole = REQUEST.serialize({
      calls: [{ id: 1, method: 2, request: Buffer.alloc(5), metadata: { a: 'b' } }],
    });
    for (let length = 1; length < whole.length; length++) {
      expect(() => readRequestFrame(whole.subarray(0, length), 10)).to.throw();
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (array) => {
        const read = (): unknown => readRequestFrame(Buffer.from(array), 10);
        try {
          read();
        } catch (error) {
          expect(error).to.be.instanceOf(Error);
        }
      }),
      { numRuns: 5000 },
    );
    // A call whose request goes on beyond its own end.
    expect(() => readRequestFrame(Buffer.from([0x0a, 2, 0x1a, 4, 1, 2, 3, 4]), 10)).to.throw();
  });

  it('are given up on at too many entries', () => {
    const entries = Buffer.from('0a020801'.repeat(11), 'hex');
    expect(readRequestFrame(entries, 10)).to.equal(undefined);
    expect(readRequestFrame(entries, 11)?.calls).to.have.length(11);
  });
});
