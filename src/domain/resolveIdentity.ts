import type { IdentityAnswer, IdentityQuestion } from './identityRecord';

export declare function resolveIdentity(question: IdentityQuestion): IdentityAnswer;
