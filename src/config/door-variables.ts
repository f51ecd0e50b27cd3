import { z } from 'zod'

/** Variables of the door: the way of manifest writes through this service. */
export const DOOR_VARIABLES = {
  WARDEN_DOOR: z
    .enum(['required', 'off'])
    .prefault('required')
    .describe(
      'Whether manifest writes pass this service, which nginx has to be told as well (NGINX_DOOR_MODE). off: read-only mode and collections are kept by tokens without push and delete, immutable tags are only watched over',
    ),
} as const

export type DoorMode = 'required' | 'off'

export const toDoorMode = ({
  WARDEN_DOOR,
}: z.output<z.ZodObject<typeof DOOR_VARIABLES>>): DoorMode => WARDEN_DOOR
