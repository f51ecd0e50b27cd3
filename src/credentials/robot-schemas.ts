import { z } from 'zod'
import { groupNameSchema } from '../accounts/username-schema.ts'
import { isNetwork } from '../config/variables.ts'
import { secretText } from '../http/route.ts'
import { endSchema } from '../projects/member-schemas.ts'
import {
  labelSchema,
  permissionsSchema,
  presentedPermissions,
  presentPermissions,
} from './permission-schema.ts'
import { isRobotName, robotUsername } from './robot-name.ts'
import type { Robot } from './types.ts'

const MOST_NETWORKS = 50
const MOST_OVERLAP_SECONDS = 30 * 24 * 3600
const USUAL_OVERLAP_SECONDS = 3600

/** A robot's name within its project, or within the system. */
export const robotNameSchema = z
  .string()
  .refine(
    isRobotName,
    'must be 1 to 50 lower-case letters and digits, which single . _ - may part, without robot$',
  )

const descriptionSchema = labelSchema.max(255)

const networksSchema = z
  .array(z.string().refine(isNetwork, 'must be an address or a network such as 10.0.0.0/8'))
  .min(1)
  .max(MOST_NETWORKS)

export const newRobotSchema = z.strictObject({
  name: robotNameSchema,
  description: descriptionSchema.nullable().optional(),
  permissions: permissionsSchema,
  networks: networksSchema.nullable().optional(),
  expiresAt: endSchema.nullable().optional(),
})

export const robotChangeSchema = z.strictObject({
  description: descriptionSchema.nullable().optional(),
  permissions: permissionsSchema.optional(),
  networks: networksSchema.nullable().optional(),
  expiresAt: endSchema.nullable().optional(),
  disabled: z.boolean().optional(),
})

/** Only robots of the system act for people. */
const onBehalfOf = groupNameSchema.nullable().optional()

export const newSystemRobotSchema = newRobotSchema.extend({ onBehalfOf })

export const systemRobotChangeSchema = robotChangeSchema.extend({ onBehalfOf })

export const rotationSchema = z.strictObject({
  overlapSeconds: z.int().min(0).max(MOST_OVERLAP_SECONDS).default(USUAL_OVERLAP_SECONDS),
})

export const robotSchema = z
  .object({
    name: z.string(),
    username: z.string(),
    project: z.string().nullable(),
    description: z.string().nullable(),
    permissions: presentedPermissions,
    networks: z.array(z.string()).nullable(),
    onBehalfOf: z.string().nullable(),
    expiresAt: z.iso.datetime().nullable(),
    disabled: z.boolean(),
    previousSecretEndsAt: z.iso.datetime().nullable(),
    lastUsedAt: z.iso.datetime().nullable(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Robot' })

export const robotWithSecretSchema = robotSchema
  .extend({ secret: secretText })
  .meta({ id: 'RobotWithSecret' })

export const presentRobot = (
  project: string | undefined,
  robot: Robot,
): z.output<typeof robotSchema> => ({
  name: robot.name,
  username: robotUsername(project, robot.name),
  project: project ?? null,
  description: robot.description ?? null,
  permissions: presentPermissions(robot.permissions),
  networks: robot.networks ? [...robot.networks] : null,
  onBehalfOf: robot.onBehalfOf ?? null,
  expiresAt: robot.expiresAt?.toISOString() ?? null,
  disabled: robot.disabled,
  previousSecretEndsAt: robot.previousSecretEndsAt?.toISOString() ?? null,
  lastUsedAt: robot.lastUsedAt?.toISOString() ?? null,
  createdAt: robot.createdAt.toISOString(),
  updatedAt: robot.updatedAt.toISOString(),
})
