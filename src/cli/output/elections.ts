import type { Candidate, Election, ElectionEvent, Leader } from '../../core/election.js';
import { visible } from '../../core/visible.js';
import { labelText, shortDuration } from './table.js';
import type { Column } from './table.js';

type CandidateRow =
  | { readonly kind: 'leader'; readonly leader: Leader }
  | { readonly kind: 'candidate'; readonly candidate: Candidate };

export const CANDIDATE_COLUMNS: readonly Column<CandidateRow>[] = [
  {
    title: 'WHO',
    of: (row) => (row.kind === 'leader' ? 'leader' : `candidate ${row.candidate.position}`),
  },
  { title: 'CANDIDATE', of: (row) => one(row).candidate },
  { title: 'TERM', of: (row) => ('leader' in row ? String(row.leader.term) : '') },
  { title: 'AGE', of: (row) => shortDuration('leader' in row ? row.leader.ageMs : undefined) },
  { title: 'LEFT', of: (row) => ('leader' in row ? left(row.leader) : '') },
  { title: 'LABELS', of: (row) => labelText(one(row).labels) },
  { title: 'VALUE', of: (row) => ('leader' in row ? row.leader.value : '') },
];

export const ELECTION_COLUMNS: readonly Column<Election>[] = [
  { title: 'NAME', of: ({ name }) => name },
  { title: 'LEADER', of: ({ leader }) => leader?.candidate ?? '' },
  { title: 'TERM', of: ({ leader }) => String(leader?.term ?? '') },
  { title: 'AGE', of: ({ leader }) => shortDuration(leader?.ageMs) },
  { title: 'LEFT', of: ({ leader }) => (leader === undefined ? '' : left(leader)) },
  { title: 'CANDIDATES', of: ({ candidateCount }) => String(candidateCount) },
  { title: 'VALUE', of: ({ leader }) => leader?.value ?? '' },
];

function one(row: CandidateRow): Leader | Candidate {
  return row.kind === 'leader' ? row.leader : row.candidate;
}

function left({ remainingTtlSeconds }: Leader): string {
  if (remainingTtlSeconds === undefined) return '';
  return shortDuration(remainingTtlSeconds * 1000);
}

export function electionEventLine(event: ElectionEvent): string {
  const leader = 'election' in event ? event.election.leader : event.leader;
  const who =
    leader === undefined
      ? 'nobody leads'
      : `${leader.candidate}  term=${leader.term}  value=${leader.value}`;
  return visible(`${event.revision}  ${event.kind}  ${who}`);
}
