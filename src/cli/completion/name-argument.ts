import { Argument } from 'commander';

/** What there are names of. Those of documents are of one namespace. */
export type NameKind = 'lock' | 'election' | 'counter' | 'config';

/** An argument that is the name of something: the daemon knows which names there are. */
export class NameArgument extends Argument {
  readonly kind: NameKind;

  constructor(kind: NameKind, flags: string, description: string) {
    super(flags, description);
    this.kind = kind;
  }
}
