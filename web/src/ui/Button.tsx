/** The one button of the client, in the weights an action can have; also as a link that looks like one. */
import type { ComponentType, ReactNode } from 'react';
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from 'react-aria-components/Button';
import { Link as AriaLink, type LinkProps as AriaLinkProps } from 'react-aria-components/Link';
import styles from './Button.module.css';

export type ButtonWeight = 'primary' | 'secondary' | 'quiet' | 'danger';
export type IconType = ComponentType<{ size?: number | string; 'aria-hidden'?: boolean }>;

interface Look {
  weight?: ButtonWeight;
  icon?: IconType;
  size?: 'm' | 'l';
  children?: ReactNode;
}

interface ButtonProps extends Omit<AriaButtonProps, 'children' | 'className' | 'style'>, Look {
  'data-testid'?: string;
}

interface ButtonLinkProps extends Omit<AriaLinkProps, 'children' | 'className' | 'style'>, Look {
  'data-testid'?: string;
}

export function Button({ weight = 'secondary', icon, size = 'm', children, ...rest }: ButtonProps) {
  return (
    <AriaButton {...rest} className={lookOf(weight, size, children)}>
      <Content icon={icon}>{children}</Content>
    </AriaButton>
  );
}

export function ButtonLink({ weight = 'secondary', icon, size = 'm', children, ...rest }: ButtonLinkProps) {
  return (
    <AriaLink {...rest} className={lookOf(weight, size, children)}>
      <Content icon={icon}>{children}</Content>
    </AriaLink>
  );
}

function Content({ icon: Icon, children }: { icon: IconType | undefined; children?: ReactNode }) {
  return (
    <>
      {Icon && <Icon size={20} aria-hidden />}
      {children !== undefined && <span>{children}</span>}
    </>
  );
}

function lookOf(weight: ButtonWeight, size: 'm' | 'l', children: ReactNode): string {
  const shape = children === undefined ? styles.square : '';
  return `${styles.button} ${styles[weight]} ${styles[size]} ${shape}`;
}
