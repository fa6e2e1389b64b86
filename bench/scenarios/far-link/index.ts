export { FAR_LINK_SCENARIO } from './far-link.ts';
