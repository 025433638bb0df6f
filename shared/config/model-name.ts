/**
 * Which names of models are taken. They reach upstream URLs, headers and log
 * lines, so nothing that means something there is let in: no slash, percent,
 * control character or line break, and no leading or double dot.
 */
export const modelNamePattern = /^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$/;

export const isModelName = (name: string): boolean => modelNamePattern.test(name);
