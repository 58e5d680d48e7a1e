/** A row is one claim about the server that can fail; rows that share people form a group. */
import type { Generation, Stage } from './stage.ts';

export interface Row<Scene> {
  name: string;
  /** Answers what was measured, for the table. */
  run(scene: Scene): Promise<string>;
}

export interface Group {
  name: string;
  generations: Generation[];
  /** Sets the scene, then runs every row in order; a scene that cannot be set fails them all. */
  play(stage: Stage, report: Report): Promise<void>;
}

export interface Outcome {
  group: string;
  name: string;
  generation: Generation;
  passed: boolean;
  detail: string;
  seconds: number;
}

export type Report = (name: string, run: () => Promise<string>) => Promise<boolean>;

export const BOTH: Generation[] = ['v1', 'v0'];

export function group<Scene>(
  name: string,
  generations: Generation[],
  set: (stage: Stage) => Promise<Scene>,
  rows: Row<Scene>[],
): Group {
  const play = async (stage: Stage, report: Report): Promise<void> => {
    const scene = await set(stage).then(
      (scene) => ({ scene }),
      (error: unknown) => ({ error }),
    );
    for (const row of rows) {
      await report(row.name, () => ('scene' in scene ? row.run(scene.scene) : Promise.reject(scene.error)));
    }
  };
  return { name, generations, play };
}

export const row = <Scene>(name: string, run: (scene: Scene) => Promise<string>): Row<Scene> => ({ name, run });
