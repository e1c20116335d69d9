import type { ApiDeps } from '../deps';
import type { Handler } from '../endpoint';
import { failureProblem } from '../failureProblem';
import { sendPage } from './installPage';

/** A handler whose unexpected failures a person can read too: a page instead of a problem document. */
export function answeringPages({ log }: Pick<ApiDeps, 'log'>, handler: Handler): Handler {
  return async (request, response) => {
    try {
      await handler(request, response);
    } catch (error) {
      if (response.headersSent) throw error;
      const problem = failureProblem(error);
      const { requestId, route } = response.locals as { requestId?: string; route?: string };
      log.error({ event: 'request_failed', requestId, route, err: problem.cause ?? problem }, problem.title);
      const lines = [
        problem.extras.detail ?? 'It is noted in the log.',
        `Nothing was installed. Request ${requestId ?? ''}.`,
      ];
      sendPage(response, { status: problem.status, title: problem.title, lines });
    }
  };
}
