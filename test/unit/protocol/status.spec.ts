import { status as grpcStatus } from '@grpc/grpc-js';
import { expect } from 'chai';
import { Fault, invalid, unavailable } from '../../../src/core/errors.js';
import type { FaultCode } from '../../../src/core/errors.js';
import { loadDescriptors } from '../../../src/protocol/descriptors.js';
import { readStatus } from '../../../src/protocol/read-status.js';
import { bodyTooLarge } from '../../../src/server/http/http-fault.js';
import { STATUS, statusBinary, statusJson, statusOf } from '../../../src/protocol/status.js';

const descriptors = loadDescriptors();

function unexpected(): string {
  throw new Error('a fault is no defect');
}

describe('the status of an error', () => {
  it("has grpc-js's number for every code", () => {
    for (const [name, { grpc }] of Object.entries(STATUS)) {
      expect(grpcStatus[grpc]).to.equal(name);
    }
  });

  const http: Readonly<Partial<Record<FaultCode, number>>> = {
    INVALID_ARGUMENT: 400,
    OUT_OF_RANGE: 400,
    FAILED_PRECONDITION: 400,
    UNAUTHENTICATED: 401,
    PERMISSION_DENIED: 403,
    NOT_FOUND: 404,
    ALREADY_EXISTS: 409,
    ABORTED: 409,
    RESOURCE_EXHAUSTED: 429,
    CANCELLED: 499,
    UNIMPLEMENTED: 501,
    UNAVAILABLE: 503,
    DEADLINE_EXCEEDED: 504,
    INTERNAL: 500,
    DATA_LOSS: 500,
  };
  it('has the HTTP status of the contract for every code', () => {
    expect(
      Object.fromEntries(Object.entries(STATUS).map(([name, codes]) => [name, codes.http])),
    ).to.deep.equal(http);
  });

  for (const code of Object.keys(STATUS) as FaultCode[]) {
    // its keys
    it(`has a word for programs for each ${code}, on both wires`, () => {
      const status = statusOf(new Fault(code, 'what happened'), unexpected);
      expect(status.reason).to.match(/^[A-Z]+(?:_[A-Z]+)*$/);
      const [info] = (
        JSON.parse(statusJson(descriptors, status)) as { details: { reason: string }[] }
      ).details;
      expect(info).to.include({ reason: status.reason, domain: 'shared-lock' });
      const received = { code: STATUS[code].grpc, message: 'what happened' };
      const details = statusBinary(descriptors, status);
      const fault = readStatus(descriptors, { ...received, details });
      expect(fault.details.reason).to.equal(status.reason);
    });
  }

  it('tells a store that is away from one that may have done what was asked', () => {
    const away = statusOf(unavailable('etcd is out of reach'), unexpected);
    const unknown = statusOf(unavailable('who knows', undefined, 'OUTCOME_UNKNOWN'), unexpected);
    expect([away.reason, unknown.reason]).to.deep.equal(['STORE_UNAVAILABLE', 'OUTCOME_UNKNOWN']);
  });

  it('does not say when to ask again if the same request will never fit', () => {
    const tooLarge = statusOf(bodyTooLarge(10, true), unexpected);
    expect(tooLarge.retryAfterMs).to.equal(undefined);
    expect(statusJson(descriptors, tooLarge)).not.to.contain('RetryInfo');
  });

  it('carries the field, the reason and when to ask again as details', () => {
    const fault = new Fault('RESOURCE_EXHAUSTED', 'wait: too long', {
      field: 'wait',
      reason: 'QUEUE_FULL',
      metadata: { limit: '3' },
      retryAfterMs: 1500,
    });
    expect(JSON.parse(statusJson(descriptors, statusOf(fault, unexpected)))).to.deep.equal({
      code: 8,
      message: 'wait: too long',
      details: [
        {
          '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
          reason: 'QUEUE_FULL',
          domain: 'shared-lock',
          metadata: { limit: '3' },
        },
        {
          '@type': 'type.googleapis.com/google.rpc.BadRequest',
          fieldViolations: [{ field: 'wait', description: 'too long' }],
        },
        { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '1.500s' },
      ],
    });
  });

  it('carries the same details in binary', () => {
    const bytes = statusBinary(descriptors, statusOf(invalid('name', 'is empty'), unexpected));
    const decoded = descriptors.codec('google.rpc.Status').deserialize(bytes);
    const { details } = decoded as { details: { type_url: string; value: Buffer }[] };
    expect(details.map(({ type_url }) => type_url)).to.deep.equal([
      'type.googleapis.com/google.rpc.ErrorInfo',
      'type.googleapis.com/google.rpc.BadRequest',
    ]);
    const violation = descriptors
      .codec('google.rpc.BadRequest')
      .deserialize(details[1]?.value ?? Buffer.alloc(0));
    expect(violation).to.deep.equal({
      fieldViolations: [{ field: 'name', description: 'is empty' }],
    });
  });

  it('says when to ask again for what passes by itself', () => {
    expect(statusOf(new Fault('UNAVAILABLE', 'x'), unexpected).retryAfterMs).to.equal(1000);
    expect(statusOf(new Fault('NOT_FOUND', 'x'), unexpected).retryAfterMs).to.equal(undefined);
  });

  it('shows of a defect nothing but its reference', () => {
    const defect = new Error('secret at /some/path of lease 123');
    const reported: unknown[] = [];
    const status = statusOf(defect, (error) => {
      reported.push(error);
      return 'a1b2';
    });
    expect(status).to.include({ code: 'INTERNAL', message: 'internal error, reference a1b2' });
    const value = { reason: 'DEFECT', domain: 'shared-lock', metadata: {} };
    expect(status.details).to.deep.equal([{ type: 'google.rpc.ErrorInfo', value }]);
    expect(reported).to.deep.equal([defect]);
  });

  it('has a message that gRPC can encode', () => {
    const status = statusOf(new Fault('NOT_FOUND', 'a \ud800 b'), unexpected);
    expect(() => encodeURI(status.message)).not.to.throw();
  });
});
