/** How a schema is refused: where in it, and what to do. */
import { GatewayError } from '../errors.ts';

/** `path` is a JSON pointer into the schema. */
export type RefuseSchema = (path: string, what: string) => never;

const maxShown = 200;

const shown = (path: string): string => {
  if (path === '') return 'its root';
  return (path.length > maxShown ? `${path.slice(0, maxShown)}…` : path).toWellFormed();
};

/** `param` is where the request has the schema. */
export const refusingSchema =
  (param: string): RefuseSchema =>
  (path, what) => {
    throw new GatewayError('invalid_request', {
      message: `This JSON Schema cannot be used. At ${shown(path)}: ${what}.`,
      param,
    });
  };
