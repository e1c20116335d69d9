import type { WriteScene } from './planWrite';
import { invalid, type Rejection } from '../rejection';
import { liveRecord } from './recordTable';

const conflict = (message: string): Rejection => ({ status: 409, category: 'CONFLICT', message });

/**
 * A unique value that another record holds. For e-mails one of the texts of facts 3.4; the id is missing where the
 * owner is only another input of the same batch.
 */
export function uniqueConflict(scene: WriteScene, name: string, value: string, ownerId: string): Rejection {
  const { switches, table } = scene;
  const known = liveRecord(table, ownerId) !== undefined;
  if (name !== 'email' || table.typeId !== '0-1') {
    const message = `${name} ${value} is already set on another ${table.singular}`;
    if (switches.uniqueConflict === 'conflict409') return conflict(message);
    const inner = {
      isValid: false,
      message,
      error: 'CONFLICTING_UNIQUE_VALUE',
      name,
      portalId: scene.portal.portalId,
    };
    return {
      ...invalid(`Property values were not valid: ${JSON.stringify([inner])}`),
      errors: [{ message, code: 'CONFLICTING_UNIQUE_VALUE', context: { propertyName: [name] } }],
    };
  }
  const texts = ['id', 'identityProfile', 'noId'] as const;
  const drawn = texts[Math.floor(scene.random() * texts.length)] ?? 'id';
  const text = switches.conflictText === 'rotate' ? drawn : switches.conflictText;
  if (text === 'noId' || !known) return conflict('Contact already exists');
  if (text === 'id') return conflict(`Contact already exists. Existing ID: ${ownerId}`);
  const message = `A contact with email ${value} already exists. Existing ID: ${ownerId}`;
  return {
    status: 409,
    category: 'OBJECT_ALREADY_EXISTS',
    message: 'Contact already exists',
    errors: [{ message, in: 'email' }],
    extra: {
      error: 'CONTACT_EXISTS',
      identityProfile: {
        vid: Number(ownerId),
        identity: [{ value, type: 'EMAIL', timestamp: 0, 'is-primary': true }],
        linkedVids: [],
        isContact: true,
      },
    },
  };
}
