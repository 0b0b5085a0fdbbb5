import { type LocalScene, Scene as AnyScene } from '../../../local-cloud/conformance/scene';
import { ManualClock, openStage, type Stage } from './stage';

export type { OpenedTunnel } from '../../../local-cloud/conformance/scene';

/** A fresh service for one test, its time in the test's hands. */
export class Scene extends AnyScene implements LocalScene {
  private constructor(readonly stage: Stage, readonly clock: ManualClock) {
    super(stage);
  }

  static async open(): Promise<Scene> {
    const clock = new ManualClock();
    return new Scene(await openStage({ clock }), clock);
  }

  get behaviour() {
    return this.stage.tunneling.behaviour;
  }

  get admin() {
    return this.stage.tunneling.admin;
  }

  get published() {
    return this.stage.published;
  }

  async sourceState(tunnelId: string) {
    return (await this.describe(tunnelId)).sourceConnectionState!;
  }

  /** So many milliseconds from now. */
  after(milliseconds: number): Date {
    return new Date(this.clock.now() + milliseconds);
  }
}
