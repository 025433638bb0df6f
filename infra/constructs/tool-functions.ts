/** The Lambda functions that tools may be: those that `sluice.json` names, and nothing where it names none. */
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { ResolvedConfig } from '../../shared/catalogue/resolved-config.ts';

export class ToolFunctions {
  private readonly arns: readonly string[];

  constructor({ tools }: Pick<ResolvedConfig, 'tools'>) {
    this.arns = [...tools.functions].sort();
  }

  grantInvoke(grantee: IGrantable): void {
    if (this.arns.length === 0) return;
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [...this.arns] }),
    );
  }
}
