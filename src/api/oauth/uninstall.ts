import { WorkflowIdConflictPolicy } from '@temporalio/client';
import { installationOf } from '../../db/oauth/oauthInstall';
import { workflowIds, type UninstallPortalInput } from '../../workflows/contracts';
import type { ApiDeps } from '../deps';
import type { Handler } from '../endpoint';
import { ApiProblem } from '../problem';

/** How long Temporal may take to accept it. */
const startMs = 5_000;

/** `DELETE /api/portals/:portal/install`: has a worker uninstall the app in HubSpot and forget the tokens. */
export function uninstall({ pool, temporal, taskQueue, apps }: ApiDeps): Handler {
  return async (request, response) => {
    const portal = String(request.params['portal']);
    const app = apps.find((candidate) => candidate.portal === portal);
    if (!app) {
      const detail = 'No portal of this name is connected by an app.';
      throw new ApiProblem('not-found', { detail, members: { portals: apps.map((each) => each.portal) } });
    }
    // Whoever installs it anew before a worker comes to it wants to keep that.
    const input: UninstallPortalInput = { portal, installation: await installationOf(pool, app.portalId) };
    const workflowId = workflowIds.uninstallPortal(portal);
    await temporal.withDeadline(Date.now() + startMs, () =>
      temporal.workflow.start('uninstallPortal', {
        ...{ taskQueue, workflowId, args: [input] },
        workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
      }),
    );
    response.status(202).json({ portal, workflowId });
  };
}
