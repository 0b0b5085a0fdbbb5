/** What the SDK knows of an HTTP answer before it is read. */
interface Answer {
  readonly response?: { readonly headers?: Readonly<Record<string, string>> };
}

interface Command {
  readonly middlewareStack: object;
}

/**
 * Listens to one command's answer for the time at which the service gave it: HTTP's `Date` header, in whole seconds. Times that the
 * service reports are compared with that one, never with our own clock.
 *
 * @returns tells the time once the command was answered; our own, if the answer had no date
 */
export function serviceTimeOf(command: Command): () => number {
  let time: number | undefined;
  const listen = (next: (args: object) => Promise<Answer>) => async (args: object) => {
    const answer = await next(args);
    const date = Date.parse(answer.response?.headers?.date ?? '');
    if (!Number.isNaN(date)) time = date;
    return answer;
  };
  (command.middlewareStack as { add(middleware: unknown, options: object): void }).add(listen, { step: 'deserialize', priority: 'high', name: 'serviceTime' });
  return () => time ?? Date.now();
}
