// RBAC, reviews and token requests.
import type { TypeNotation } from './type-table.ts';

const OBJECT = `
    apiVersion string
    kind string
    metadata ObjectMeta #1`;

function reviewOf(description: string, spec = '*'): TypeNotation {
  return [description, `${OBJECT}\nspec ${spec} #2\nstatus * #3`];
}

export const ACCESS_TYPES: Readonly<Record<string, TypeNotation>> = {
  Role: ['Rights within one namespace.', `${OBJECT}\nrules [PolicyRule] #2`],
  ClusterRole: [
    'Rights within any namespace, or the whole cluster.',
    `${OBJECT}\nrules [PolicyRule] #2\naggregationRule * #3`,
  ],
  PolicyRule: [
    'Some verbs on some resources. What no rule allows is refused.',
    `
    verbs! [string] #1 -- What may be done; * is everything.
    apiGroups [string] #2 -- Groups of the resources; the core group is empty, * is every group.
    resources [string] #3 -- Such as pods or pods/log; * is everything.
    resourceNames [string] #4 -- Only these objects; every object when empty.
    nonResourceURLs [string] #5 -- Paths outside the API's resources; only in a ClusterRole.`,
  ],
  RoleBinding: [
    'Gives the rights of a role to subjects, within its namespace.',
    `${OBJECT}\nroleRef! RoleRef #3 -- Cannot be changed.\nsubjects [Subject] #2`,
  ],
  ClusterRoleBinding: [
    'Gives the rights of a ClusterRole to subjects, everywhere.',
    `${OBJECT}\nroleRef! RoleRef #3 -- Cannot be changed.\nsubjects [Subject] #2`,
  ],
  RoleRef: [
    'The role that a binding gives.',
    `
    apiGroup string #1
    kind! string #2
    name! string #3`,
  ],
  Subject: [
    'A user, a group or a ServiceAccount.',
    `
    kind! string #1
    name! string #3
    namespace string #4
    apiGroup string #2`,
  ],
  SelfSubjectReview: ['Who the server takes the caller for.', `${OBJECT}\nstatus * #2`],
  TokenReview: reviewOf('Whose a token is.', 'TokenReviewSpec'),
  SelfSubjectAccessReview: reviewOf('Whether the caller may do something.', 'SelfSubjectAccessReviewSpec'),
  SelfSubjectRulesReview: reviewOf('What the caller may do in a namespace.', 'SelfSubjectRulesReviewSpec'),
  SubjectAccessReview: reviewOf('Whether somebody may do something.', 'SubjectAccessReviewSpec'),
  LocalSubjectAccessReview: reviewOf(
    'Whether somebody may do something in this namespace.',
    'SubjectAccessReviewSpec',
  ),
  TokenRequest: reviewOf('Asks for a token of a ServiceAccount.', 'TokenRequestSpec'),
  TokenRequestSpec: [
    'Which token is wanted.',
    `
    audiences [string] #1
    expirationSeconds integer #4?
    boundObjectRef * #3`,
  ],
  TokenReviewSpec: [
    'The token that is asked about.',
    `
    token string #1
    audiences [string] #2`,
  ],
  SelfSubjectAccessReviewSpec: [
    'What the caller wants to do; exactly one of the two.',
    `
    resourceAttributes ResourceAttributes #1
    nonResourceAttributes NonResourceAttributes #2`,
  ],
  SubjectAccessReviewSpec: [
    'Who wants to do what; exactly one of the two kinds of attributes.',
    `
    resourceAttributes ResourceAttributes #1
    nonResourceAttributes NonResourceAttributes #2
    user string #3
    groups [string] #4
    extra {[string]} #5
    uid string #6`,
  ],
  SelfSubjectRulesReviewSpec: ['The namespace that is asked about.', 'namespace string #1'],
  ResourceAttributes: [
    'An action on a resource.',
    `
    namespace string #1
    verb string #2
    group string #3
    version string #4
    resource string #5
    subresource string #6
    name string #7
    fieldSelector * #8
    labelSelector * #9`,
  ],
  NonResourceAttributes: [
    'An action on a path.',
    `
    path string #1
    verb string #2`,
  ],
};
