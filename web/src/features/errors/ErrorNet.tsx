/** Catches what a screen throws while drawing, and offers to load it anew instead of a white page. */
import { Component, type ReactNode } from 'react';
import { ErrorScreen } from './ErrorScreen';

export class ErrorNet extends Component<{ children: ReactNode }, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError() {
    return { broken: true };
  }

  override render() {
    if (!this.state.broken) return this.props.children;
    return <ErrorScreen kind="broken" onRetry={() => location.reload()} />;
  }
}
