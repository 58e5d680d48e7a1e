/** A labelled line of text with room for a hint or for what is wrong. */
import type { Ref } from 'react';
import { FieldError } from 'react-aria-components/FieldError';
import { Input } from 'react-aria-components/Input';
import { Label } from 'react-aria-components/Label';
import { Text } from 'react-aria-components/Text';
import {
  type TextFieldProps as AriaProps,
  TextField as AriaTextField,
} from 'react-aria-components/TextField';
import styles from './TextField.module.css';

interface TextFieldProps extends Omit<AriaProps, 'children' | 'className' | 'style'> {
  label: string;
  hint?: string | undefined;
  problem?: string | undefined;
  placeholder?: string;
  testId?: string;
  inputRef?: Ref<HTMLInputElement>;
}

export function TextField({ label, hint, problem, placeholder, testId, inputRef, ...rest }: TextFieldProps) {
  return (
    <AriaTextField {...rest} isInvalid={problem !== undefined} className={styles.field ?? ''}>
      <Label className={styles.label}>{label}</Label>
      <Input
        className={styles.input ?? ''}
        {...(placeholder !== undefined && { placeholder })}
        data-testid={testId}
        {...(inputRef && { ref: inputRef })}
      />
      {hint !== undefined && problem === undefined && (
        <Text slot="description" className={styles.hint}>
          {hint}
        </Text>
      )}
      <FieldError className={styles.problem ?? ''}>{problem}</FieldError>
    </AriaTextField>
  );
}
