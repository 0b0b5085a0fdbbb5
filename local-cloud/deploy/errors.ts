/** The template cannot be deployed here. Says what it wanted that isn't there, and where that stands. */
export class DeploymentError extends Error {
  override readonly name = 'DeploymentError';
}
