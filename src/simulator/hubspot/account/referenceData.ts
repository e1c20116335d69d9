/** A user who may own records. */
export interface Owner {
  id: string;
  userId: number;
  email: string;
  firstName: string;
  lastName: string;
  archived: boolean;
  createdAt: string;
  updatedAt: string;
}

/** One step of a pipeline. */
export interface PipelineStage {
  id: string;
  label: string;
  displayOrder: number;
  archived: boolean;
  metadata: Record<string, string>;
}

/** A pipeline of deals, tickets or a custom object. */
export interface Pipeline {
  id: string;
  label: string;
  displayOrder: number;
  archived: boolean;
  stages: PipelineStage[];
}

const since = '2024-01-01T00:00:00.000Z';

function owner(id: string, firstName: string, lastName: string, archived = false): Owner {
  const email = `${firstName}.${lastName}@simulator.example`.toLowerCase();
  return {
    id,
    userId: Number(id) + 5000,
    email,
    firstName,
    lastName,
    archived,
    createdAt: since,
    updatedAt: since,
  };
}

/** Two active owners and one who left. */
export function defaultOwners(): Owner[] {
  return [
    owner('7001', 'Olive', 'Owner'),
    owner('7002', 'Saul', 'Seller'),
    owner('7003', 'Gone', 'Person', true),
  ];
}

/** Builds a pipeline of [stage id, label, metadata] rows in their order. */
export function pipeline(
  id: string,
  label: string,
  stages: [string, string, Record<string, string>?][],
): Pipeline {
  return {
    id,
    label,
    displayOrder: 0,
    archived: false,
    stages: stages.map(([stageId, stageLabel, metadata], displayOrder) => ({
      id: stageId,
      label: stageLabel,
      displayOrder,
      archived: false,
      metadata: metadata ?? {},
    })),
  };
}

/** The pipelines of a fresh account by object type id. */
export function defaultPipelines(): Record<string, Pipeline[]> {
  const open = (probability: string): Record<string, string> => ({ isClosed: 'false', probability });
  const closed = (probability: string): Record<string, string> => ({ isClosed: 'true', probability });
  return {
    '0-3': [
      pipeline('default', 'Sales Pipeline', [
        ['appointmentscheduled', 'Appointment Scheduled', open('0.2')],
        ['qualifiedtobuy', 'Qualified To Buy', open('0.4')],
        ['presentationscheduled', 'Presentation Scheduled', open('0.6')],
        ['decisionmakerboughtin', 'Decision Maker Bought-In', open('0.8')],
        ['contractsent', 'Contract Sent', open('0.9')],
        ['closedwon', 'Closed Won', closed('1.0')],
        ['closedlost', 'Closed Lost', closed('0.0')],
      ]),
    ],
    '0-5': [
      pipeline('0', 'Support Pipeline', [
        ['1', 'New', { ticketState: 'OPEN' }],
        ['2', 'Waiting on contact', { ticketState: 'OPEN' }],
        ['3', 'Waiting on us', { ticketState: 'OPEN' }],
        ['4', 'Closed', { ticketState: 'CLOSED' }],
      ]),
    ],
  };
}
