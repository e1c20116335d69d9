import express, { type ErrorRequestHandler, type Express } from 'express';
import helmet from 'helmet';
import { accessLog } from './accessLog';
import { authenticate } from './authenticate';
import { authFailures } from './authFailures';
import type { ApiDeps } from './deps';
import { endpoint } from './endpoint';
import { failureProblem } from './failureProblem';
import { live, ready } from './health';
import { metrics } from './metrics';
import { oauthCallback } from './oauth/oauthCallback';
import { oauthInstall } from './oauth/oauthInstall';
import { lift, pins } from './problems/pins';
import { ApiProblem, sendProblem } from './problem';
import { dismiss, retry } from './problems/problemActions';
import { problem, problems } from './problems/problemList';
import { decide, review, reviews } from './problems/reviews';
import { runs } from './runs/runs';
import { syncStatus } from './runs/syncStatus';
import { audit, trigger } from './runs/trigger';
import { uninstall } from './oauth/uninstall';
import { addWebhooks } from './webhooks/webhooks';

const bodyMax = '100kb';

/** The API as an Express application; opens nothing and listens nowhere. */
export function createApp(deps: ApiDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(accessLog(deps.log, deps.newId));
  // Before what is meant for browsers: no server reads those headers, hundreds of times a second.
  if (deps.webhooks) addWebhooks(app, deps, deps.webhooks);
  app.use(helmet());

  const isReady = ready(deps);
  endpoint(app, '/health', { get: isReady });
  endpoint(app, '/health/live', { get: live() });
  endpoint(app, '/health/ready', { get: isReady });
  endpoint(app, '/metrics', { get: metrics(deps) });
  endpoint(app, '/oauth/install', { get: oauthInstall(deps) });
  endpoint(app, '/oauth/callback', { get: oauthCallback(deps) });

  // Whoever has no token learns nothing of what is below, not even which addresses there are.
  app.use('/api', (_request, response, next) => {
    response.locals['route'] = '/api/*';
    response.set('Cache-Control', 'no-store');
    next();
  });
  const onFailure = authFailures(deps.log, deps.registry);
  app.use('/api', authenticate({ pool: deps.pool, token: deps.token, onFailure }));
  endpoint(app, '/api/sync/trigger/:source', { post: trigger(deps) }, express.json({ limit: bodyMax }));
  endpoint(app, '/api/audits', { post: audit(deps) }, express.json({ limit: bodyMax }));
  endpoint(app, '/api/sync/status/:id', { get: syncStatus(deps) });
  endpoint(app, '/api/portals/:portal/install', { delete: uninstall(deps) });
  endpoint(app, '/api/runs', { get: runs(deps) });
  endpoint(app, '/api/problems', { get: problems(deps) });
  endpoint(app, '/api/problems/retry', { post: retry(deps) }, express.json({ limit: bodyMax }));
  endpoint(app, '/api/problems/dismiss', { post: dismiss(deps) }, express.json({ limit: bodyMax }));
  endpoint(app, '/api/problems/:id', { get: problem(deps) });
  endpoint(app, '/api/reviews', { get: reviews(deps) });
  endpoint(app, '/api/reviews/:id', { get: review(deps) });
  endpoint(app, '/api/reviews/:id/decide', { post: decide(deps) }, express.json({ limit: bodyMax }));
  endpoint(app, '/api/pins', { get: pins(deps) });
  endpoint(app, '/api/pins/:id/lift', { post: lift(deps) }, express.json({ limit: bodyMax }));

  app.use(() => {
    throw new ApiProblem('not-found');
  });
  app.use(answerFailure(deps));
  return app;
}

/** Every failure leaves as a problem document; those that are ours are logged with their cause. */
function answerFailure({ log }: Pick<ApiDeps, 'log'>): ErrorRequestHandler {
  return (error: unknown, _request, response, next) => {
    if (response.headersSent) return next(error);
    const problem = failureProblem(error);
    if (problem.status >= 500 && problem.kind !== 'not-ready') {
      const { requestId, route } = response.locals as { requestId?: string; route?: string };
      log.error({ event: 'request_failed', requestId, route, err: problem.cause ?? problem }, problem.title);
    }
    sendProblem(response, problem);
  };
}
