import { Argument } from 'commander';
import type { Command } from 'commander';
import { clientCommand, commandGroup } from '../client/client-command.js';
import type { Surroundings } from '../client/client-command.js';
import { EXIT } from '../../core/exit-codes.js';
import { fileOption, inputText } from '../client/inputs.js';

export function messageCommand(surroundings: Surroundings): Command {
  return commandGroup('message', 'Store texts, and find them by their digest.', [
    put(surroundings),
    get(surroundings),
    remove(surroundings),
  ]);
}

function put(surroundings: Surroundings): Command {
  return clientCommand<{ readonly file?: string }>(surroundings, {
    name: 'put',
    answer: 'MessageService/PutMessage',
    description: 'Store a text of at most 1 MiB, and print its SHA-256.',
    arguments: [new Argument('[text]', 'the text; - for standard input')],
    options: [fileOption()],
    examples: [
      ['message put "hello"', 'prints 64 hexadecimal digits'],
      ['message put --file notice.txt', 'every byte of it, the last line end too'],
    ],
    run: async ({ client, print, signal }, [text], { file }) => {
      const message = await inputText('text', text, file);
      const digest = await client.messages.put(message, { signal });
      print.result(`${digest}\n`);
    },
  });
}

function get(surroundings: Surroundings): Command {
  return clientCommand<object>(surroundings, {
    name: 'get',
    answer: 'MessageService/GetMessage',
    description: 'Print the text that has a digest, as it is. Exit code 1 if there is none.',
    arguments: [new Argument('<digest>', 'its SHA-256: 64 hexadecimal digits')],
    examples: [
      [
        'message get 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824',
        'prints hello',
      ],
    ],
    run: async ({ client, print, signal }, [digest = '']) => {
      const message = await client.messages.get(digest, { signal });
      print.result(message);
    },
  });
}

function remove(surroundings: Surroundings): Command {
  return clientCommand<object>(surroundings, {
    name: 'delete',
    answer: 'MessageService/DeleteMessage',
    description: 'Delete the text that has a digest. Exit code 1 if there is none.',
    arguments: [new Argument('<digest>', 'its SHA-256: 64 hexadecimal digits')],
    examples: [
      [
        'message delete 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824',
        'nobody finds hello any more',
      ],
    ],
    run: async ({ client, print, tell, signal }, [digest = '']) => {
      const deleted = await client.messages.delete(digest, { signal });
      print.result('');
      if (deleted) return EXIT.ok;
      tell(`there is no message ${JSON.stringify(digest)}`);
      return EXIT.no;
    },
  });
}
