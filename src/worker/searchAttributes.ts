import type { Connection } from '@temporalio/client';
import type { SearchAttributes } from '../activities/deps';
import { searchAttributeNames } from '../workflows/contracts';

/** Temporal's number of the type Keyword (temporal.api.enums.v1.IndexedValueType). */
const keywordType = 2;
/** A namespace without them is asked again after this long: somebody may have registered them by hand. */
const askAgainMs = 60_000;

/**
 * Registers our search attributes in a namespace and knows whether they are there. A workflow that sets one which the
 * server does not know cannot go on, so nothing is set before all are there.
 */
export function createSearchAttributes(
  { operatorService }: Pick<Connection, 'operatorService'>,
  namespace: string,
  log: (error: unknown) => void,
): SearchAttributes {
  const names: readonly string[] = Object.values(searchAttributeNames);
  let known = false;
  let askedAt = -askAgainMs;

  async function missing(): Promise<string[]> {
    const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
    return names.filter((name) => customAttributes?.[name] !== keywordType);
  }

  return {
    async register() {
      try {
        const wanted = await missing();
        if (wanted.length > 0) {
          const searchAttributes = Object.fromEntries(wanted.map((name) => [name, keywordType]));
          await operatorService.addSearchAttributes({ namespace, searchAttributes });
        }
        known = true;
      } catch (error) {
        log(error);
      }
    },
    async areRegistered() {
      if (known || performance.now() - askedAt < askAgainMs) return known;
      askedAt = performance.now();
      try {
        known = (await missing()).length === 0;
      } catch (error) {
        log(error);
      }
      return known;
    },
  };
}
