import { invalid, isFault } from '../../../core/errors.js';
import type { Fault } from '../../../core/errors.js';
import { parseJson } from '../../../core/json/parse.js';
import { isJsonObject } from '../../../core/json/value.js';
import type { ReportDefect } from '../../../protocol/status.js';
import { STATUS } from '../../../protocol/status.js';
import type { MessageService } from '../../../service/message/message-service.js';
import { need } from '../../access/needs.js';
import type { HttpAnswer, PlainRequest, PlainRoute } from '../answer.js';
import { decodeSegment } from '../target.js';
import { answered } from './answered.js';
import { jsonLine } from './flask-json.js';

/** The routes of the message service, for its callers. Errors are `{"err_msg":…}`. */
export function messageRoutes(messages: MessageService, report: ReportDefect): PlainRoute[] {
  return [
    {
      path: '/messages',
      method: 'POST',
      needs: () => [need('write', 'message')],
      refuse: errorAnswer,
      handle: (request) => answered(() => put(messages, request), report, statusOf, errorAnswer),
    },
    {
      path: '/messages/*',
      method: 'GET',
      needs: () => [need('read', 'message')],
      refuse: errorAnswer,
      handle: (request) => answered(() => get(messages, request), report, statusOf, errorAnswer),
    },
  ];
}

async function put(messages: MessageService, { body, about }: PlainRequest): Promise<HttpAnswer> {
  const json = parseJson(body);
  const message = isJsonObject(json) ? json.get('message') : undefined;
  if (typeof message !== 'string') {
    throw invalid('message', 'is needed, as a string: {"message":"foo"}');
  }
  const digest = await messages.put({ message, requestId: '' });
  about?.({ name: digest });
  return jsonLine(201, { digest });
}

async function get(messages: MessageService, { rest, about }: PlainRequest): Promise<HttpAnswer> {
  const digest = decodeSegment(rest, 'digest');
  about?.({ name: digest });
  try {
    return jsonLine(200, { message: await messages.get(digest) });
  } catch (error) {
    // What is no digest at all has no message either.
    if (!isFault(error, 'NOT_FOUND') && !isFault(error, 'INVALID_ARGUMENT')) throw error;
    return errorAnswer(404, `Message not found for hash: ${digest}`);
  }
}

function statusOf({ code }: Fault): number {
  return STATUS[code].http;
}

function errorAnswer(status: number, message: string): HttpAnswer {
  return jsonLine(status, { err_msg: message });
}
