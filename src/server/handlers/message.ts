import { invalid } from '../../core/errors.js';
import type { DeleteMessageRequest__Output } from '../../protocol/generated/sharedlock/v1/DeleteMessageRequest.js';
import type { DeleteMessageResponse } from '../../protocol/generated/sharedlock/v1/DeleteMessageResponse.js';
import type { GetMessageRequest__Output } from '../../protocol/generated/sharedlock/v1/GetMessageRequest.js';
import type { GetMessageResponse } from '../../protocol/generated/sharedlock/v1/GetMessageResponse.js';
import type { PutMessageRequest__Output } from '../../protocol/generated/sharedlock/v1/PutMessageRequest.js';
import type { PutMessageResponse } from '../../protocol/generated/sharedlock/v1/PutMessageResponse.js';
import type { MessageService } from '../../service/message/message-service.js';
import { unary } from './call.js';
import type { HandlerTable } from './call.js';

/** sharedlock.v1.MessageService: message in, service call, message out. */
export function messageHandlers(messages: MessageService): HandlerTable {
  const method = (name: string): string => `/sharedlock.v1.MessageService/${name}`;
  return new Map([
    [
      method('PutMessage'),
      unary(
        async (
          { message, requestId }: PutMessageRequest__Output,
          call,
        ): Promise<PutMessageResponse> => {
          if (message === undefined) throw invalid('message', 'is needed; it may be empty');
          return { digest: await messages.put({ message, requestId }, call) };
        },
      ),
    ],
    [
      method('GetMessage'),
      unary(async ({ digest }: GetMessageRequest__Output): Promise<GetMessageResponse> => {
        return { message: await messages.get(digest) };
      }),
    ],
    [
      method('DeleteMessage'),
      unary(async (request: DeleteMessageRequest__Output, call): Promise<DeleteMessageResponse> => {
        return { deleted: await messages.delete(request, call) };
      }),
    ],
  ]);
}
