import { existsSync } from 'node:fs';
import { join } from 'node:path';
import protobuf from 'protobufjs';
import { protoFiles, protoFolders } from './proto-files.js';

/**
 * The comments of the .proto files, by the full name of what they stand before: a service, a method
 * (`sharedlock.v1.LockService.Acquire`), a message, a field (`sharedlock.v1.Lock.held`), an enum or its
 * value. Reads the files again: about 30 ms.
 */
export function loadComments(): ReadonlyMap<string, string> {
  const root = new protobuf.Root();
  const folders = protoFolders();
  root.resolvePath = (_origin, target) =>
    folders.map((folder) => join(folder, target)).find((path) => existsSync(path)) ?? target;
  root.loadSync(protoFiles(), { keepCase: true, alternateCommentMode: true });
  const comments = new Map<string, string>();
  collect(root, comments);
  return comments;
}

function collect(parent: protobuf.NamespaceBase, comments: Map<string, string>): void {
  note(parent, comments);
  if (parent instanceof protobuf.Type) {
    for (const field of parent.fieldsArray) note(field, comments);
  }
  if (parent instanceof protobuf.Service) {
    for (const method of parent.methodsArray) note(method, comments);
  }
  for (const nested of parent.nestedArray) {
    if (nested instanceof protobuf.Enum) noteEnum(nested, comments);
    else if (nested instanceof protobuf.Namespace) collect(nested, comments);
  }
}

function noteEnum(type: protobuf.Enum, comments: Map<string, string>): void {
  note(type, comments);
  for (const [value, comment] of Object.entries(type.comments)) {
    put(comments, `${type.fullName}.${value}`, comment);
  }
}

function note(object: protobuf.ReflectionObject, comments: Map<string, string>): void {
  put(comments, object.fullName, object.comment);
}

/** protobufjs has null or undefined where there is no comment, whatever its types say. */
function put(comments: Map<string, string>, fullName: string, comment: unknown): void {
  if (typeof comment !== 'string' || comment === '') return;
  comments.set(fullName.replace(/^\./, ''), oneParagraph(comment));
}

function oneParagraph(comment: string): string {
  return comment
    .split(/\s*\n\s*/)
    .join(' ')
    .trim();
}
