import { isFault } from '../../../core/errors.js';
import { serveJobs } from '../../../workers/inside.js';
import { checkText } from '../document.js';
import { patchDocument } from '../patch.js';
import { CompiledSchemas } from '../schema/compiled-schemas.js';
import type { DocumentJob, JobResult } from './job.js';

// The program of the process that works on documents.
serveJobs((note) => {
  const schemas = new CompiledSchemas(note);
  return (job) => resultOf(schemas, job as DocumentJob);
});

function resultOf(schemas: CompiledSchemas, job: DocumentJob): JobResult {
  try {
    return { text: textOf(schemas, job) };
  } catch (error) {
    if (!isFault(error)) throw error;
    const { code, message, details } = error;
    return { code, message, details };
  }
}

function textOf(schemas: CompiledSchemas, job: DocumentJob): string {
  switch (job.kind) {
    case 'read':
      checkText(job);
      return '';
    case 'patch':
      return patchDocument(job);
    case 'check':
      schemas.check(job);
      return '';
  }
}
