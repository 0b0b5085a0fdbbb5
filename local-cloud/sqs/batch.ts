import { optionalString, records, type Input } from '../inputs';
import { AwsError } from '../service';

/** The entries of a batch. @throws AwsError for one that is refused as a whole */
export function batch(input: Input): Input[] {
  const entries = records(input, 'Entries');
  const ids = entries.map((entry) => optionalString(entry, 'Id') ?? '');
  if (entries.length === 0) throw new AwsError('EmptyBatchRequest', 'There should be at least one entry in the request.');
  if (entries.length > 10) throw new AwsError('TooManyEntriesInBatchRequest', 'Maximum number of entries per request are 10.');
  if (new Set(ids).size < ids.length) throw new AwsError('BatchEntryIdsNotDistinct', 'Two or more batch entries in the request have the same Id.');
  if (!ids.every((id) => /^[\w-]{1,80}$/.test(id))) {
    throw new AwsError('InvalidBatchEntryId', 'A batch entry id holds alphanumeric characters, hyphens and underscores only, at most 80 of them.');
  }
  return entries;
}

/** Entries succeed and fail one by one. */
export function each(entries: readonly Input[], run: (entry: Input) => object) {
  const Successful: object[] = [];
  const Failed: object[] = [];
  for (const entry of entries) {
    try {
      Successful.push({ Id: entry.Id, ...run(entry) });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      Failed.push({ Id: entry.Id, Code: error.code, Message: error.message, SenderFault: true });
    }
  }
  return { Successful, Failed };
}
