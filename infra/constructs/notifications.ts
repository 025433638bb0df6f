/** The topic through which the gateway tells people something. Whoever wants to hear it subscribes to it. */
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Alias } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { Deployment } from '../deployment.ts';

export class Notifications extends Construct {
  private readonly topic: Topic;

  constructor(scope: Construct, id: string, { stage }: Deployment) {
    super(scope, id);
    this.topic = new Topic(this, 'Topic', {
      displayName: `Sluice ${stage}`,
      // SNS's own key in this account lets everyone in it publish who may publish to the topic.
      masterKey: Alias.fromAliasName(this, 'SnsKey', 'alias/aws/sns'),
      enforceSSL: true,
    });
  }

  get topicArn(): string {
    return this.topic.topicArn;
  }

  grantPublish(grantee: IGrantable): void {
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({ actions: ['sns:Publish'], resources: [this.topicArn] }),
    );
  }
}
